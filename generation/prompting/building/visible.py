"""Which of WordNet's nouns mean things that can be seen: those below certain meanings, as animals and vehicles are.

Only `nouns.py` beside it needs it, never a running bot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from generation.prompting.building.wordnet import NOUN, Sense, WordNet
from generation.prompting.words.rows import split_list

# The nearest of these that a meaning is a kind of tells its group; a number is the sense of the word in WordNet 3.1.
_THINGS = {
    "animal": "animal.1, imaginary being.1, fairy.1",
    "food": """
        food.1, food.2, edible fruit.1, vegetable.1, beverage.1, herb.2, helping.1
    """,
    "object": """
        clothing.1, footwear.1, footwear.2, headdress.1, jewelry.1, adornment.1, vehicle.1, vessel.2, craft.2,
        container.1, furniture.1, furnishing.2, bedclothes.1, cloth covering.1, floor cover.1, piece of cloth.1,
        tool.1, implement.1, utensil.1, tableware.1, ware.1, plaything.1, sports equipment.1, game equipment.1,
        musical instrument.1, machine.1, appliance.1, appliance.2, timepiece.1, optical instrument.1, camera.1,
        telephone.1, electronic equipment.1, photographic equipment.1, lamp.1, source of illumination.1, toiletry.1,
        book.1, book.2, movie.1, painting.1, drawing.2, sculpture.1, picture.1, map.1, decoration.1, needlework.1,
        fabric.1, fastener.2, seat.3, seat.4, ladder.1, stairs.1, rope.1, cord.1, poster.1, menu.1, postcard.1,
        newspaper.3, magazine.1, magazine.2, correspondence.1, flag.1, badge.1, ticket.1, card.1, candle.1,
        canopy.3, umbrella.1, mat.1, signboard.1, sign.2, lifting device.1, heater.1, medical instrument.1,
        measuring instrument.1, scientific instrument.1, computer.1, acoustic device.1, prosthesis.1, plumbing
        fixture.1, fixture.1, protective covering.1, award.2, trophy.1, medal.1, wheel.1, key.1, lock.1, bell.1,
        handle.1, frame.10, brick.1, tile.1, padding.1, cushion.3, pad.4, model.4, periodical.1, apparatus.1,
        gear.4, trap.1, mirror.1, window.1, door.1, electro-acoustic transducer.1, optical device.1, automaton.2,
        public transport.1, overgarment.1, rescue equipment.1, photograph.1, shelf.1, chimney.1, leash.1, hinge.1,
        magnet.1, charm.3, ride.2, bookmark.1, belt.2, maze.1, scaffolding.1, anvil.1, blackboard.1, firework.1,
        keyboard.1, antenna.1, doorbell.1, propeller.1, vane.1, satellite.1, snowboard.1, disk.2, extinguisher.1,
        sprinkler.1, hanger.2, pedestal.1, slab.1, harness.1, compass.1, confetti.1, faucet.1, headband.1,
        scarecrow.1, raft.1, ski.1, soap.1, toothpaste.1, tripod.1, pulley.1, tire.1, support.10, containerful.1,
        submarine.1, surfboard.1, comb.1, ramp.1, electronic device.1, float.6, holder.1, bandage.1, stretcher.3,
        cushion.3, beads.1, mosaic.1, souvenir.1, tattoo.2, tattoo.3, backdrop.1, scenery.1, trailer.3, trailer.4
    """,
    "place": """
        building.1, building complex.1, structure.1, room.1, tract.1, workplace.1, place of business.1, shelter.1,
        tower.1, bridge.1, road.1, path.2, passageway.1, stadium.1, facility.1, housing.1, dwelling.1, porch.1,
        barrier.1, memorial.3, fountain.1, roof.1, staircase.1, platform.1, excavation.3, vegetation.1, forest.2,
        entrance.1, aqueduct.1, fortification.1, stronghold.1
    """,
    "nature": """
        plant.2, flower.1, plant organ.1, geological formation.1, body of water.1, celestial body.1,
        precipitation.3, rock.1, cloud.2, storm.1, rainbow.1, land.4, island.1, woody plant.1, vascular plant.1,
        bark.1, nest.1, shell.2, shell.3, feather.1, horn.2, antler.1, tuft.1, fungus.1, ice.1, wave.1, wetland.1,
        cocoon.1, facial hair.1, hairdo.1, animal foot.1, fur.1, fur.2, beak.2
    """,
    "person": """
        performer.1, musician.1, athlete.1, craftsman.2, skilled worker.1, health professional.1, cook.1, sailor.1,
        artist.1, educator.1, aviator.1, farmer.1, fisherman.1, ruler.1, workman.1, clergyman.1, attendant.1,
        juvenile.1, bride.1, bridegroom.1, dressmaker.1, gardener.1, gardener.2, musical organization.1, driver.1,
        waiter.1, rider.1, scientist.1, baker.2, butcher.1, florist.1, seller.1, shopkeeper.1, firefighter.1,
        acrobat.1, knight.1, magician.1, golfer.1, archer.1, bartender.1, nun.1, monk.1, librarian.1, referee.1,
        grocer.1, jeweler.1, shoemaker.1, samurai.1, pedestrian.1, motorcyclist.1, cheerleader.1, tourist.1, police
        officer.1, secretary.1, receptionist.1
    """,
    "event": """
        sport.1, dancing.1, ceremony.1, wedding.1, wedding.2, procession.2, parade.1, concert.1, festival.1,
        festival.2, fair.1, fair.3, exhibition.2, party.4, board game.1, card game.1, parlor game.1, athletic
        game.1, child's game.1, picnic.1, banquet.1, circus.1
    """,
}
# Kinds of these that nobody can see as a thing, that few would know, or that a brand's picture is better without.
_NO_THINGS = """
    weapon.1, weaponry.1, explosive device.1, bomb.1, weapon system.1, weapons platform.1, military vehicle.1,
    warship.1, serviceman.1, instrument of punishment.1, instrument of execution.1, instrument of torture.1,
    execution.1, blood sport.1, prison.1, gallows.1, grave.2, coffin.1, body bag.1, funeral.1, defensive
    structure.1, drug.1, tobacco.1, cigarette.1, cigar.1, cigarette butt.1, hypodermic syringe.1, catheter.1,
    contraceptive.1, brothel.1, undergarment.1, lingerie.1, underpants.1, brassiere.1, corset.1, sanitary napkin.1,
    tampon.1, toilet.1, chamberpot.1, bedpan.1, urinary organ.1, cut.6, variety meat.1, fetus.1, embryo.1,
    parasite.1, louse.1, acarine.1, worm.1, microorganism.1, protozoan.1, larva.1, pathogen.1, mammal family.1,
    taxonomic group.1, feed.1, vitamin.1, plant hormone.1, reproductive structure.1, cavity.1, official.1,
    control.9, structural member.1, memory device.1, support.7, framework.3, restraint.6, map projection.1, copy.2,
    document.2, obstruction.1, circuit.1, stitch.1, seam.1, mechanism.5, regulator.1
"""
_UNTAGGED_NOUN, _UNTAGGED_OTHER = 0.5, 0.25
"""What a meaning counts for beside the number of times that texts were tagged with it."""


@dataclass(frozen=True, slots=True)
class Visible:
    """WordNet, and the group of what is a kind of each synset here; an empty group is no thing to draw."""

    wordnet: WordNet
    groups: Mapping[str, str]

    @classmethod
    def of(cls, wordnet: WordNet) -> Visible:
        """The visible things of a WordNet."""
        groups = {wordnet.noun(name): group for group, names in _THINGS.items() for name in _names(names)}
        return cls(wordnet, groups | {wordnet.noun(name): "" for name in _names(_NO_THINGS)})

    def meaning(self, word: str) -> tuple[str, float]:
        """The group of the things that a word means most, and their share in all that it means."""
        total = 0.0
        shares: Counter[str] = Counter()
        for sense in self._senses(word):
            is_noun = sense.part_of_speech == NOUN
            weight = sense.count + (_UNTAGGED_NOUN if is_noun else _UNTAGGED_OTHER)
            total += weight
            if is_noun and (group := self._group(sense)):
                shares[group] += weight  # type: ignore[assignment]
        return (max(shares, key=lambda group: shares[group]), sum(shares.values()) / total) if shares else ("", 0.0)

    def kinds(self, word: str, group: str) -> list[frozenset[str]]:
        """The names of a word's commonest meaning in a group, then of what it is a kind of, and so on."""
        senses = [sense for sense in self._senses(word) if sense.part_of_speech == NOUN and self._group(sense) == group]
        if not senses:
            return []
        best = max(senses, key=lambda sense: (sense.count, -sense.number))
        return [
            frozenset(name for one in level for name in self.wordnet.synsets[one].words)
            for level in self.wordnet.kinds(best.synset)
        ]

    def _senses(self, word: str) -> list[Sense]:
        """The meanings of a word but names that are hardly ever met: "Crane" the poet."""
        senses = sorted(self.wordnet.senses.get(word, ()), key=lambda sense: sense.number)
        return [sense for sense in senses if sense.count or self._is_spelt(sense, word)]

    def _is_spelt(self, sense: Sense, word: str) -> bool:
        return sense.part_of_speech != NOUN or word in self.wordnet.synsets[sense.synset].words

    def _group(self, sense: Sense) -> str:
        for level in self.wordnet.kinds(sense.synset):
            found = [self.groups[synset] for synset in level if synset in self.groups]
            if found:
                return min(found)  # what is no thing at the same distance wins
        return ""


def _names(names: str) -> tuple[str, ...]:
    return split_list(" ".join(names.split()))
